package guardduty_alert_test

import data.alert.aws_guardduty

finding := {
	"Type": "Trojan:EC2/DriveBySourceTraffic!DNS",
	"Severity": 8,
	"Description": "An instance asks for a known source of attacks.",
	"Resource": {"InstanceDetails": {"InstanceId": "i-99999999"}},
}

test_makes_an_alert_of_each_trojan if {
	other := object.union(finding, {"Resource": {"InstanceDetails": {"InstanceId": "i-11111111"}}})
	found := aws_guardduty.alert with input as {"Findings": [finding, other]}
	{res.attrs[0].value | some res in found} == {"i-99999999", "i-11111111"}
	{res.source | some res in found} == {"aws"}
}

test_ignores_other_findings if {
	mild := object.union(finding, {"Severity": 7})
	recon := object.union(finding, {"Type": "Recon:EC2/Portscan"})
	count(aws_guardduty.alert) == 0 with input as {"Findings": [mild, recon]}
	count(aws_guardduty.alert) == 0 with input as {}
}
