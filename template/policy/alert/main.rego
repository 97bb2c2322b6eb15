# Which events of the schema "your_schema" are alerts: POST them to /alert/your_schema.
package alert.your_schema

alert contains {
	"title": input.name,
	"description": "Replace this policy by your own",
	"source": "your_schema",
	# Alerts of one namespace share their persistent attributes.
	"namespace": input.key,
	"attrs": [{"key": "severity", "value": input.severity}],
} if {
	input.severity in {"HIGH", "CRITICAL"}
}
