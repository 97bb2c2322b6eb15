# What to do when a report is made known: `input.report.status` is `new`, `more` or `published`, the last with a grade in
# `input.report.result`. Each element of `run` is an action as in package action, with the same rounds and approvals. Nothing
# is proposed until you write a rule, for example this one. With a webhook as a secret of Settings, take the marks away:
package emit

# run contains {
# 	"id": "tell",
# 	"uses": "slack.post",
# 	"args": {
# 		"secret_url": input.env.SLACK_WEBHOOK_URL,
# 		"channel": "alert",
# 		"text": concat(" ", ["Urgent:", input.report.title]),
# 		"body": input.report.result.reason,
# 	},
# } if {
# 	input.report.status == "published"
# 	input.report.result.severity == "urgent"
# }
