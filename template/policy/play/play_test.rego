# What `tocsin play` has recorded is data here: data.play.output.<id of the scenario>.
package play_test

import data.play.output

test_my_first_scenario if {
	scenario := output.my_first_scenario
	not scenario.error
	[first, second] := scenario.results

	count(first.actions) == 1
	first.actions[0].id == "create_issue"
	first.actions[0].commit[0].value == 666

	count(second.actions) == 1
	second.actions[0].id == "add_comment"
	second.actions[0].args.issue_number == 666
}
