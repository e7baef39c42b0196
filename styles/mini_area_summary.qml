<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" version="3.40" styleCategories="Symbology|Labeling">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules>
   <rule symbol="0" label="below" filter="&quot;@counted@&quot; &lt; @minimum@" />
   <rule symbol="1" label="above" filter="&quot;@counted@&quot; &gt; @maximum@" />
   <rule symbol="2" label="inside" filter="ELSE" />
  </rules>
  <symbols>
   <symbol type="fill" clip_to_extent="1" name="0" alpha="1" force_rhr="0">
    <layer enabled="1" class="SimpleFill" pass="0">
     <Option type="Map">
      <Option type="QString" value="59,125,216,70" name="color" />
      <Option type="QString" value="bevel" name="joinstyle" />
      <Option type="QString" value="0,0" name="offset" />
      <Option type="QString" value="MM" name="offset_unit" />
      <Option type="QString" value="139,26,92,255" name="outline_color" />
      <Option type="QString" value="solid" name="outline_style" />
      <Option type="QString" value="0.8" name="outline_width" />
      <Option type="QString" value="MM" name="outline_width_unit" />
      <Option type="QString" value="solid" name="style" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" clip_to_extent="1" name="1" alpha="1" force_rhr="0">
    <layer enabled="1" class="SimpleFill" pass="0">
     <Option type="Map">
      <Option type="QString" value="217,115,13,70" name="color" />
      <Option type="QString" value="bevel" name="joinstyle" />
      <Option type="QString" value="0,0" name="offset" />
      <Option type="QString" value="MM" name="offset_unit" />
      <Option type="QString" value="139,26,92,255" name="outline_color" />
      <Option type="QString" value="solid" name="outline_style" />
      <Option type="QString" value="0.8" name="outline_width" />
      <Option type="QString" value="MM" name="outline_width_unit" />
      <Option type="QString" value="solid" name="style" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" clip_to_extent="1" name="2" alpha="1" force_rhr="0">
    <layer enabled="1" class="SimpleFill" pass="0">
     <Option type="Map">
      <Option type="QString" value="46,139,87,70" name="color" />
      <Option type="QString" value="bevel" name="joinstyle" />
      <Option type="QString" value="0,0" name="offset" />
      <Option type="QString" value="MM" name="offset_unit" />
      <Option type="QString" value="139,26,92,255" name="outline_color" />
      <Option type="QString" value="solid" name="outline_style" />
      <Option type="QString" value="0.8" name="outline_width" />
      <Option type="QString" value="MM" name="outline_width_unit" />
      <Option type="QString" value="solid" name="style" />
     </Option>
    </layer>
   </symbol>
  </symbols>
  <data-defined-properties>
   <Option type="Map">
    <Option type="QString" value="" name="name" />
    <Option name="properties" />
    <Option type="QString" value="collection" name="type" />
   </Option>
  </data-defined-properties>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style useSubstitutions="0" fontUnderline="0" fontSize="9" forcedBold="0" fontWeight="50" textOrientation="horizontal" tabStopDistance="6" fontKerning="1" namedStyle="" multilineHeightUnit="Percentage" fontStrikeout="0" blendMode="0" capitalization="0" legendString="Aa" isExpression="1" fontWordSpacing="0" fontFamily="Noto Sans CJK SC" fontSizeUnit="Point" allowHtml="0" tabStopDistanceUnit="Percentage" fieldName="CASE WHEN &quot;@counted@&quot; &lt; @minimum@ THEN '▽ ' WHEN &quot;@counted@&quot; &gt; @maximum@ THEN '△ ' ELSE '● ' END || right(coalesce(&quot;code&quot;, ''), 3) || '\n' || to_string(coalesce(&quot;@counted@&quot;, 0))" fontLetterSpacing="0" forcedItalic="0" multilineHeight="1" textColor="34,34,34,255" textOpacity="1" previewBkgrdColor="255,255,255,255" fontItalic="0">
    <families />
    <text-buffer bufferColor="255,255,255,255" bufferJoinStyle="128" bufferOpacity="1" bufferSizeUnits="MM" bufferSize="0.90000000000000002" bufferBlendMode="0" bufferDraw="1" bufferNoFill="1" />
    <text-mask maskSize="1.5" maskType="0" maskSizeUnits="MM" maskJoinStyle="128" maskedSymbolLayers="" maskOpacity="1" maskEnabled="0" maskSize2="1.5" />
    <background shapeDraw="0" shapeFillColor="255,255,255,255" shapeOffsetY="0" shapeBorderWidthUnit="MM" shapeBlendMode="0" shapeSVGFile="" shapeRotationType="0" shapeBorderColor="128,128,128,255" shapeSizeType="0" shapeRotation="0" shapeRadiiX="0" shapeRadiiY="0" shapeType="0" shapeSizeUnit="MM" shapeOffsetX="0" shapeSizeY="0" shapeBorderWidth="0" shapeOffsetUnit="MM" shapeJoinStyle="64" shapeOpacity="1" shapeRadiiUnit="MM" shapeSizeX="0">
     <symbol type="fill" clip_to_extent="1" name="fillSymbol" alpha="1" force_rhr="0">
      <layer enabled="1" class="SimpleFill" pass="0">
       <Option type="Map">
        <Option type="QString" value="255,255,255,255" name="color" />
        <Option type="QString" value="bevel" name="joinstyle" />
        <Option type="QString" value="0,0" name="offset" />
        <Option type="QString" value="MM" name="offset_unit" />
        <Option type="QString" value="128,128,128,255" name="outline_color" />
        <Option type="QString" value="no" name="outline_style" />
        <Option type="QString" value="0" name="outline_width" />
        <Option type="QString" value="MM" name="outline_width_unit" />
        <Option type="QString" value="solid" name="style" />
       </Option>
      </layer>
     </symbol>
    </background>
    <shadow shadowOpacity="0.69999999999999996" shadowRadius="1.5" shadowRadiusUnit="MM" shadowOffsetGlobal="1" shadowDraw="0" shadowRadiusAlphaOnly="0" shadowOffsetAngle="135" shadowColor="0,0,0,255" shadowBlendMode="6" shadowOffsetDist="1" shadowOffsetUnit="MM" shadowUnder="0" shadowScale="100" />
   </text-style>
   <text-format placeDirectionSymbol="0" autoWrapLength="0" formatNumbers="0" wrapChar="" addDirectionSymbol="0" leftDirectionSymbol="&lt;" multilineAlign="3" reverseDirectionSymbol="0" decimals="3" plussign="0" useMaxLineLengthForAutoWrap="1" rightDirectionSymbol="&gt;" />
   <placement polygonPlacementFlags="2" centroidInside="0" preserveRotation="1" overlapHandling="PreventOverlap" maximumDistance="0" geometryGeneratorType="PointGeometry" centroidWhole="0" offsetType="0" lineAnchorType="0" maximumDistanceUnit="MM" xOffset="0" priority="5" lineAnchorPercent="0.5" quadOffset="4" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" fitInPolygonOnly="0" prioritization="PreferCloser" placement="0" yOffset="0" overrunDistance="0" offsetUnits="MM" rotationAngle="0" allowDegraded="0" repeatDistanceUnits="MM" overrunDistanceUnit="MM" dist="0" lineAnchorTextPoint="FollowPlacement" rotationUnit="AngleDegrees" layerType="UnknownGeometry" geometryGenerator="" distUnits="MM" placementFlags="10" geometryGeneratorEnabled="0" maxCurvedCharAngleOut="-25" repeatDistance="0" maxCurvedCharAngleIn="25" lineAnchorClipping="0" />
   <rendering obstacleFactor="1" obstacle="1" fontLimitPixelSize="0" maxNumLabels="2000" upsidedownLabels="0" mergeLines="0" fontMaxPixelSize="10000" scaleMax="0" fontMinPixelSize="0" scaleVisibility="0" unplacedVisibility="0" drawLabels="1" limitNumLabels="0" labelPerPart="0" obstacleType="1" zIndex="0" minFeatureSize="0" scaleMin="0" />
  </settings>
 </labeling>
</qgis>
