package guardduty_action_test

import data.action

alert := {"source": "aws", "title": "Trojan:EC2/DriveBySourceTraffic!DNS"}

env := {"CHATGPT_API_KEY": "key", "SLACK_WEBHOOK_URL": "https://hooks.example.com/x"}

answered := {"id": "ask-gpt", "result": {"choices": [{"message": {"content": "Isolate it."}}]}}

test_asks_the_model_first if {
	run := action.run with input as {"alert": alert, "env": env, "seq": 0, "called": null}
	{res.uses | some res in run} == {"chatgpt.comment_alert"}
}

test_posts_what_it_answered if {
	run := action.run with input as {"alert": alert, "env": env, "seq": 1, "called": [answered]}
	some res in run
	res.uses == "slack.post"
	res.args == {"secret_url": env.SLACK_WEBHOOK_URL, "channel": "alert", "body": "Isolate it."}
}

test_asks_about_aws_only if {
	count(action.run) == 0 with input as {"alert": {"source": "clamav"}, "env": env, "seq": 0, "called": null}
}
