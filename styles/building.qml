<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" version="3.40" styleCategories="Symbology|Labeling">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules>
   <rule symbol="0" filter="&quot;state&quot; = 'demolished'" label="demolished" />
   <rule symbol="1" filter="&quot;state&quot; = 'construction' AND NOT coalesce(&quot;state&quot; = 'demolished', false)" label="construction" />
   <rule symbol="2" filter="&quot;inhabited&quot; = 0 AND NOT coalesce(&quot;state&quot; = 'demolished', false) AND NOT coalesce(&quot;state&quot; = 'construction', false)" label="vacant" />
   <rule symbol="3" filter="&quot;use&quot; = 'residential' AND NOT coalesce(&quot;state&quot; = 'demolished', false) AND NOT coalesce(&quot;state&quot; = 'construction', false) AND NOT coalesce(&quot;inhabited&quot; = 0, false)" label="residential" />
   <rule symbol="4" filter="&quot;use&quot; = 'mixed' AND NOT coalesce(&quot;state&quot; = 'demolished', false) AND NOT coalesce(&quot;state&quot; = 'construction', false) AND NOT coalesce(&quot;inhabited&quot; = 0, false)" label="mixed" />
   <rule symbol="5" filter="&quot;use&quot; = 'collective' AND NOT coalesce(&quot;state&quot; = 'demolished', false) AND NOT coalesce(&quot;state&quot; = 'construction', false) AND NOT coalesce(&quot;inhabited&quot; = 0, false)" label="collective" />
   <rule symbol="6" filter="&quot;use&quot; = 'other' AND NOT coalesce(&quot;state&quot; = 'demolished', false) AND NOT coalesce(&quot;state&quot; = 'construction', false) AND NOT coalesce(&quot;inhabited&quot; = 0, false)" label="other" />
   <rule symbol="7" filter="ELSE" label="unknown" />
  </rules>
  <symbols>
   <symbol alpha="1" name="0" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="255,255,255,0" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="136,136,136,255" name="outline_color" type="QString" />
      <Option value="dash" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
   <symbol alpha="1" name="1" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="255,255,255,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="dash" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
    <layer pass="0" class="LinePatternFill" enabled="1">
     <Option type="Map">
      <Option value="135" name="angle" type="QString" />
      <Option value="during_render" name="clip_mode" type="QString" />
      <Option value="" name="color" type="QString" />
      <Option value="feature" name="coordinate_reference" type="QString" />
      <Option value="1.6" name="distance" type="QString" />
      <Option value="MM" name="distance_unit" type="QString" />
      <Option value="0" name="line_width" type="QString" />
      <Option value="MM" name="line_width_unit" type="QString" />
      <Option value="0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
     </Option>
     <symbol alpha="1" name="@1@1" force_rhr="0" type="line" clip_to_extent="1">
      <layer pass="0" class="SimpleLine" enabled="1">
       <Option type="Map">
        <Option value="0" name="align_dash_pattern" type="QString" />
        <Option value="round" name="capstyle" type="QString" />
        <Option value="5;2" name="customdash" type="QString" />
        <Option value="MM" name="customdash_unit" type="QString" />
        <Option value="0" name="dash_pattern_offset" type="QString" />
        <Option value="MM" name="dash_pattern_offset_unit" type="QString" />
        <Option value="0" name="draw_inside_polygon" type="QString" />
        <Option value="round" name="joinstyle" type="QString" />
        <Option value="183,121,31,255" name="line_color" type="QString" />
        <Option value="solid" name="line_style" type="QString" />
        <Option value="0.2" name="line_width" type="QString" />
        <Option value="MM" name="line_width_unit" type="QString" />
        <Option value="0" name="offset" type="QString" />
        <Option value="MM" name="offset_unit" type="QString" />
        <Option value="0" name="ring_filter" type="QString" />
        <Option value="0" name="trim_distance_end" type="QString" />
        <Option value="MM" name="trim_distance_end_unit" type="QString" />
        <Option value="0" name="trim_distance_start" type="QString" />
        <Option value="MM" name="trim_distance_start_unit" type="QString" />
        <Option value="0" name="tweak_dash_pattern_on_corners" type="QString" />
        <Option value="0" name="use_custom_dash" type="QString" />
       </Option>
      </layer>
     </symbol>
    </layer>
   </symbol>
   <symbol alpha="1" name="2" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="255,255,255,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="0.35" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
   <symbol alpha="1" name="3" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="245,225,164,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
   <symbol alpha="1" name="4" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="220,154,78,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
   <symbol alpha="1" name="5" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="142,79,112,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
   <symbol alpha="1" name="6" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="232,235,237,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="74,74,74,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
    <layer pass="0" class="LinePatternFill" enabled="1">
     <Option type="Map">
      <Option value="45" name="angle" type="QString" />
      <Option value="during_render" name="clip_mode" type="QString" />
      <Option value="" name="color" type="QString" />
      <Option value="feature" name="coordinate_reference" type="QString" />
      <Option value="1.2" name="distance" type="QString" />
      <Option value="MM" name="distance_unit" type="QString" />
      <Option value="0" name="line_width" type="QString" />
      <Option value="MM" name="line_width_unit" type="QString" />
      <Option value="0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
     </Option>
     <symbol alpha="1" name="@6@1" force_rhr="0" type="line" clip_to_extent="1">
      <layer pass="0" class="SimpleLine" enabled="1">
       <Option type="Map">
        <Option value="0" name="align_dash_pattern" type="QString" />
        <Option value="round" name="capstyle" type="QString" />
        <Option value="5;2" name="customdash" type="QString" />
        <Option value="MM" name="customdash_unit" type="QString" />
        <Option value="0" name="dash_pattern_offset" type="QString" />
        <Option value="MM" name="dash_pattern_offset_unit" type="QString" />
        <Option value="0" name="draw_inside_polygon" type="QString" />
        <Option value="round" name="joinstyle" type="QString" />
        <Option value="138,149,155,255" name="line_color" type="QString" />
        <Option value="solid" name="line_style" type="QString" />
        <Option value="0.15" name="line_width" type="QString" />
        <Option value="MM" name="line_width_unit" type="QString" />
        <Option value="0" name="offset" type="QString" />
        <Option value="MM" name="offset_unit" type="QString" />
        <Option value="0" name="ring_filter" type="QString" />
        <Option value="0" name="trim_distance_end" type="QString" />
        <Option value="MM" name="trim_distance_end_unit" type="QString" />
        <Option value="0" name="trim_distance_start" type="QString" />
        <Option value="MM" name="trim_distance_start_unit" type="QString" />
        <Option value="0" name="tweak_dash_pattern_on_corners" type="QString" />
        <Option value="0" name="use_custom_dash" type="QString" />
       </Option>
      </layer>
     </symbol>
    </layer>
   </symbol>
   <symbol alpha="1" name="7" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="244,244,244,255" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="136,136,136,255" name="outline_color" type="QString" />
      <Option value="dot" name="outline_style" type="QString" />
      <Option value="0.2" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
     </Option>
    </layer>
   </symbol>
  </symbols>
  <data-defined-properties>
   <Option type="Map">
    <Option value="" name="name" type="QString" />
    <Option name="properties" />
    <Option value="collection" name="type" type="QString" />
   </Option>
  </data-defined-properties>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fontWordSpacing="0" fontStrikeout="0" forcedBold="0" fontItalic="0" forcedItalic="0" blendMode="0" fontLetterSpacing="0" isExpression="1" multilineHeight="1" allowHtml="0" textOpacity="1" previewBkgrdColor="255,255,255,255" namedStyle="" fontSize="7" fontUnderline="0" fontWeight="50" tabStopDistanceUnit="Percentage" fieldName="CASE WHEN &quot;inhabited&quot; = 0 THEN '空' ELSE coalesce(to_string(&quot;number&quot;), '') END" multilineHeightUnit="Percentage" fontFamily="Noto Sans CJK SC" textColor="34,34,34,255" fontKerning="1" fontSizeUnit="Point" textOrientation="horizontal" capitalization="0" useSubstitutions="0" legendString="Aa" tabStopDistance="6">
    <families />
    <text-buffer bufferDraw="1" bufferSizeUnits="MM" bufferBlendMode="0" bufferOpacity="1" bufferSize="0.5" bufferNoFill="1" bufferColor="255,255,255,255" bufferJoinStyle="128" />
    <text-mask maskEnabled="0" maskSize="1.5" maskSize2="1.5" maskType="0" maskedSymbolLayers="" maskJoinStyle="128" maskOpacity="1" maskSizeUnits="MM" />
    <background shapeSizeX="0" shapeType="0" shapeBorderWidthUnit="MM" shapeJoinStyle="64" shapeRadiiUnit="MM" shapeBorderWidth="0" shapeSizeType="0" shapeRadiiY="0" shapeRotationType="0" shapeRadiiX="0" shapeOpacity="1" shapeBlendMode="0" shapeOffsetY="0" shapeSizeY="0" shapeOffsetUnit="MM" shapeSizeUnit="MM" shapeOffsetX="0" shapeRotation="0" shapeBorderColor="128,128,128,255" shapeFillColor="255,255,255,255" shapeSVGFile="" shapeDraw="0">
     <symbol alpha="1" name="fillSymbol" force_rhr="0" type="fill" clip_to_extent="1">
      <layer pass="0" class="SimpleFill" enabled="1">
       <Option type="Map">
        <Option value="255,255,255,255" name="color" type="QString" />
        <Option value="bevel" name="joinstyle" type="QString" />
        <Option value="0,0" name="offset" type="QString" />
        <Option value="MM" name="offset_unit" type="QString" />
        <Option value="128,128,128,255" name="outline_color" type="QString" />
        <Option value="no" name="outline_style" type="QString" />
        <Option value="0" name="outline_width" type="QString" />
        <Option value="MM" name="outline_width_unit" type="QString" />
        <Option value="solid" name="style" type="QString" />
       </Option>
      </layer>
     </symbol>
    </background>
    <shadow shadowOffsetDist="1" shadowRadiusUnit="MM" shadowOffsetUnit="MM" shadowUnder="0" shadowRadiusAlphaOnly="0" shadowColor="0,0,0,255" shadowOffsetGlobal="1" shadowScale="100" shadowDraw="0" shadowBlendMode="6" shadowOpacity="0.69999999999999996" shadowRadius="1.5" shadowOffsetAngle="135" />
   </text-style>
   <text-format rightDirectionSymbol="&gt;" placeDirectionSymbol="0" wrapChar="" formatNumbers="0" reverseDirectionSymbol="0" plussign="0" autoWrapLength="0" useMaxLineLengthForAutoWrap="1" addDirectionSymbol="0" multilineAlign="3" leftDirectionSymbol="&lt;" decimals="3" />
   <placement repeatDistanceUnits="MM" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" dist="0" rotationAngle="0" maxCurvedCharAngleOut="-25" geometryGeneratorType="PointGeometry" rotationUnit="AngleDegrees" offsetUnits="MM" lineAnchorClipping="0" yOffset="0" centroidInside="0" placement="0" priority="5" lineAnchorTextPoint="FollowPlacement" xOffset="0" overrunDistance="0" maxCurvedCharAngleIn="25" repeatDistance="0" centroidWhole="0" layerType="UnknownGeometry" fitInPolygonOnly="0" maximumDistanceUnit="MM" polygonPlacementFlags="2" geometryGeneratorEnabled="0" preserveRotation="1" lineAnchorPercent="0.5" overrunDistanceUnit="MM" prioritization="PreferCloser" lineAnchorType="0" allowDegraded="0" offsetType="0" overlapHandling="PreventOverlap" distUnits="MM" geometryGenerator="" quadOffset="4" maximumDistance="0" placementFlags="10" />
   <rendering upsidedownLabels="0" fontMinPixelSize="0" scaleVisibility="1" limitNumLabels="0" drawLabels="1" labelPerPart="0" obstacleType="1" obstacleFactor="1" minFeatureSize="0" scaleMin="0" mergeLines="0" zIndex="0" maxNumLabels="2000" obstacle="1" unplacedVisibility="0" scaleMax="5000" fontMaxPixelSize="10000" fontLimitPixelSize="0" />
  </settings>
 </labeling>
</qgis>
