# DeepAlert's example emitter prints the severity; this one posts what is urgent to Slack. It is asked about every state of a
# report, so it looks at `status` first: `new` and `more` have no grade yet.
package emit

run contains {
	"id": "tell",
	"uses": "slack.post",
	"args": {
		"secret_url": input.env.SLACK_WEBHOOK_URL,
		"channel": "alert",
		"text": concat("", ["Urgent: ", input.report.title]),
		"body": input.report.result.reason,
	},
} if {
	input.report.status == "published"
	input.report.result.severity == "urgent"
}
