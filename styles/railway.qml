<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" version="3.40" styleCategories="Symbology|Labeling">
 <renderer-v2 type="singleSymbol" symbollevels="0">
  <symbols>
   <symbol alpha="1" name="0" force_rhr="0" type="line" clip_to_extent="1">
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
      <Option value="51,51,51,255" name="line_color" type="QString" />
      <Option value="solid" name="line_style" type="QString" />
      <Option value="0.9" name="line_width" type="QString" />
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
    <layer pass="0" class="SimpleLine" enabled="1">
     <Option type="Map">
      <Option value="0" name="align_dash_pattern" type="QString" />
      <Option value="square" name="capstyle" type="QString" />
      <Option value="3;3" name="customdash" type="QString" />
      <Option value="MM" name="customdash_unit" type="QString" />
      <Option value="0" name="dash_pattern_offset" type="QString" />
      <Option value="MM" name="dash_pattern_offset_unit" type="QString" />
      <Option value="0" name="draw_inside_polygon" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="255,255,255,255" name="line_color" type="QString" />
      <Option value="solid" name="line_style" type="QString" />
      <Option value="0.55" name="line_width" type="QString" />
      <Option value="MM" name="line_width_unit" type="QString" />
      <Option value="0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="0" name="ring_filter" type="QString" />
      <Option value="0" name="trim_distance_end" type="QString" />
      <Option value="MM" name="trim_distance_end_unit" type="QString" />
      <Option value="0" name="trim_distance_start" type="QString" />
      <Option value="MM" name="trim_distance_start_unit" type="QString" />
      <Option value="0" name="tweak_dash_pattern_on_corners" type="QString" />
      <Option value="1" name="use_custom_dash" type="QString" />
     </Option>
    </layer>
   </symbol>
  </symbols>
  <rotation />
  <sizescale />
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
   <text-style fontWordSpacing="0" fontStrikeout="0" forcedBold="0" fontItalic="0" forcedItalic="0" blendMode="0" fontLetterSpacing="0" isExpression="0" multilineHeight="1" allowHtml="0" textOpacity="1" previewBkgrdColor="255,255,255,255" namedStyle="" fontSize="7" fontUnderline="0" fontWeight="50" tabStopDistanceUnit="Percentage" fieldName="name" multilineHeightUnit="Percentage" fontFamily="Noto Sans CJK SC" textColor="51,51,51,255" fontKerning="1" fontSizeUnit="Point" textOrientation="horizontal" capitalization="0" useSubstitutions="0" legendString="Aa" tabStopDistance="6">
    <families />
    <text-buffer bufferDraw="1" bufferSizeUnits="MM" bufferBlendMode="0" bufferOpacity="1" bufferSize="0.69999999999999996" bufferNoFill="1" bufferColor="255,255,255,255" bufferJoinStyle="128" />
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
   <placement repeatDistanceUnits="MM" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" dist="0" rotationAngle="0" maxCurvedCharAngleOut="-25" geometryGeneratorType="PointGeometry" rotationUnit="AngleDegrees" offsetUnits="MM" lineAnchorClipping="0" yOffset="0" centroidInside="0" placement="3" priority="5" lineAnchorTextPoint="FollowPlacement" xOffset="0" overrunDistance="0" maxCurvedCharAngleIn="25" repeatDistance="0" centroidWhole="0" layerType="UnknownGeometry" fitInPolygonOnly="0" maximumDistanceUnit="MM" polygonPlacementFlags="2" geometryGeneratorEnabled="0" preserveRotation="1" lineAnchorPercent="0.5" overrunDistanceUnit="MM" prioritization="PreferCloser" lineAnchorType="0" allowDegraded="0" offsetType="0" overlapHandling="PreventOverlap" distUnits="MM" geometryGenerator="" quadOffset="4" maximumDistance="0" placementFlags="10" />
   <rendering upsidedownLabels="0" fontMinPixelSize="0" scaleVisibility="1" limitNumLabels="0" drawLabels="1" labelPerPart="0" obstacleType="1" obstacleFactor="1" minFeatureSize="0" scaleMin="0" mergeLines="0" zIndex="0" maxNumLabels="2000" obstacle="1" unplacedVisibility="0" scaleMax="25000" fontMaxPixelSize="10000" fontLimitPixelSize="0" />
  </settings>
 </labeling>
</qgis>
