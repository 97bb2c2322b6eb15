# The same whatever it is asked again for: a grade that is made known twice was given twice.
package review

default severity := "safe"

severity := "urgent" if {
	some section in input.report.sections
	count(section.hosts) > 0
}

reason := "looked up"
