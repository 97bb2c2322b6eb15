package deepalert_review_test

import data.review

graded(rule_ids, hosts) := grade if {
	grade := review with input as {"report": {
		"alerts": [{"rule_id": rule_id} | some rule_id in rule_ids],
		"sections": [{"attr": {"type": "ipaddr", "key": "src", "value": "192.10.0.1"}, "hosts": hosts}],
	}}
}

ours := [{"owner": ["YOUR_COMPANY"]}]

test_is_safe_where_the_device_is_ours if {
	grade := graded(["your_alert_rule_id", "your_alert_rule_id"], [{"owner": ["somebody"]}, ours[0]])
	grade.severity == "safe"
	grade.reason == "The device accessing to G Suite is owned by YOUR_COMPANY."
}

test_says_nothing_where_the_device_is_not_ours if {
	is_silent(graded(["your_alert_rule_id"], []))
	is_silent(graded(["your_alert_rule_id"], [{"owner": ["somebody"]}, {"hostname": ["x"]}]))
}

test_says_nothing_of_other_rules if {
	is_silent(graded(["some_rule"], ours))
	is_silent(graded(["your_alert_rule_id", "some_rule"], ours))
}

test_says_nothing_before_something_is_found if {
	grade := review with input as {"report": {"alerts": [{"rule_id": "your_alert_rule_id"}], "sections": []}}
	is_silent(grade)
}

is_silent(grade) if {
	not grade.severity
	not grade.reason
}
