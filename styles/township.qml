<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.40" styleCategories="Symbology|Labeling">
 <renderer-v2 type="singleSymbol" symbollevels="0">
  <symbols>
   <symbol alpha="1" name="0" force_rhr="0" type="fill" clip_to_extent="1">
    <layer pass="0" class="SimpleFill" enabled="1">
     <Option type="Map">
      <Option value="255,255,255,0" name="color" type="QString" />
      <Option value="bevel" name="joinstyle" type="QString" />
      <Option value="0,0" name="offset" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="51,51,51,255" name="outline_color" type="QString" />
      <Option value="solid" name="outline_style" type="QString" />
      <Option value="1" name="outline_width" type="QString" />
      <Option value="MM" name="outline_width_unit" type="QString" />
      <Option value="solid" name="style" type="QString" />
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
</qgis>
