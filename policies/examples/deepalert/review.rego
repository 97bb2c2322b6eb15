# DeepAlert's example reviewer: an alert of this rule is harmless where the device is one of ours. Of everything else it says
# nothing, so that it stays unclassified.
package review

severity := "safe" if is_owned_by_us

reason := "The device accessing to G Suite is owned by YOUR_COMPANY." if is_owned_by_us

is_owned_by_us if {
	every alert in input.report.alerts {
		alert.rule_id == "your_alert_rule_id"
	}
	some section in input.report.sections
	some host in section.hosts
	"YOUR_COMPANY" in host.owner
}
