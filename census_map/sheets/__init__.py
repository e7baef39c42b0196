"""What goes on the printed sheets: extent, round scale, texts, numbers, lists; drawn by the plugin's `layouts`."""
