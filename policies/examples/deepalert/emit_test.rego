package deepalert_emit_test

import data.emit

proposed(status, severity) := run if {
	run := emit.run with input as {
		"report": {"title": "Log-in from abroad", "status": status, "result": {"severity": severity, "reason": "A stolen key"}},
		"env": {"SLACK_WEBHOOK_URL": "https://hooks.example.com/x"},
		"seq": 0,
		"called": null,
	}
}

test_posts_what_is_urgent if {
	[action] := [one | some one in proposed("published", "urgent")]
	action.uses == "slack.post"
	action.args == {
		"secret_url": "https://hooks.example.com/x",
		"channel": "alert",
		"text": "Urgent: Log-in from abroad",
		"body": "A stolen key",
	}
}

test_keeps_quiet_about_the_rest if {
	count(proposed("published", "safe")) == 0
	count(proposed("published", "unclassified")) == 0
	count(proposed("new", "")) == 0
	count(proposed("more", "urgent")) == 0
}
