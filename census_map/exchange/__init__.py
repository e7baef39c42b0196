"""What comes in and what goes out: foreign layers, the shapefile package, the county's merge."""
