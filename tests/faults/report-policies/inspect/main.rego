package inspect

by_type[attribute.type] := attribute.value if some attribute in input.report.attributes

inspect contains {
	"uses": "http.fetch",
	"args": {"method": "GET", "url": sprintf("%v/look/%v", [by_type.remote, input.attribute.value])},
} if {
	input.attribute.type == "thing"
}
