package alert.your_schema_test

import data.alert.testdata
import data.alert.your_schema

test_detects if {
	found := your_schema.alert with input as testdata.your_schema
	count(found) == 1
	some one in found
	one.title == "my_event"
	one.namespace == "value"
}

test_ignores_low_severity if {
	event := object.union(testdata.your_schema, {"severity": "LOW"})
	count(your_schema.alert) == 0 with input as event
}
