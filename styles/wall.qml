<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.40" styleCategories="Symbology|Labeling">
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
      <Option value="122,82,48,255" name="line_color" type="QString" />
      <Option value="solid" name="line_style" type="QString" />
      <Option value="0.4" name="line_width" type="QString" />
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
    <layer pass="0" class="MarkerLine" enabled="1">
     <Option type="Map">
      <Option value="4" name="average_angle_length" type="QString" />
      <Option value="MM" name="average_angle_unit" type="QString" />
      <Option value="3" name="interval" type="QString" />
      <Option value="MM" name="interval_unit" type="QString" />
      <Option value="0" name="offset" type="QString" />
      <Option value="0" name="offset_along_line" type="QString" />
      <Option value="MM" name="offset_along_line_unit" type="QString" />
      <Option value="MM" name="offset_unit" type="QString" />
      <Option value="true" name="place_on_every_part" type="bool" />
      <Option value="Interval" name="placements" type="QString" />
      <Option value="0" name="ring_filter" type="QString" />
      <Option value="1" name="rotate" type="QString" />
     </Option>
     <symbol alpha="1" name="@0@1" force_rhr="0" type="marker" clip_to_extent="1">
      <layer pass="0" class="SimpleMarker" enabled="1">
       <Option type="Map">
        <Option value="0" name="angle" type="QString" />
        <Option value="square" name="cap_style" type="QString" />
        <Option value="122,82,48,255" name="color" type="QString" />
        <Option value="1" name="horizontal_anchor_point" type="QString" />
        <Option value="bevel" name="joinstyle" type="QString" />
        <Option value="line" name="name" type="QString" />
        <Option value="0,0" name="offset" type="QString" />
        <Option value="MM" name="offset_unit" type="QString" />
        <Option value="122,82,48,255" name="outline_color" type="QString" />
        <Option value="solid" name="outline_style" type="QString" />
        <Option value="0.3" name="outline_width" type="QString" />
        <Option value="MM" name="outline_width_unit" type="QString" />
        <Option value="diameter" name="scale_method" type="QString" />
        <Option value="1.4" name="size" type="QString" />
        <Option value="MM" name="size_unit" type="QString" />
        <Option value="1" name="vertical_anchor_point" type="QString" />
       </Option>
      </layer>
     </symbol>
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
