"""Reports for people: the check report for a browser (`html`) and Excel workbooks (`workbook`)."""
