package review_test

import data.review

file := {"type": "filehashvalue", "key": "sha256", "value": "ab", "context": null}

address := {"type": "ipaddr", "key": "src", "value": "192.0.2.1", "context": null}

path := {"type": "file.path", "key": "path", "value": "/tmp/a", "context": null}

judged(attr, verdicts) := {
	"attr": attr,
	"results": [{"author": "history", "content": {"alerts": {"count": 2, "verdicts": verdicts}}}],
}

scanned(attr, vendors) := {
	"attr": attr,
	"binaries": [{"related_malware": [{"scans": [{"vendor": vendor, "positive": true} | some vendor in vendors]}]}],
}

graded(sections) := grade if {
	attributes := array.concat([section.attr | some section in sections], [path])
	grade := review with input as {"report": {"alerts": [{}], "attributes": attributes, "sections": sections}}
}

test_is_unclassified_while_nothing_is_known if {
	every sections in [[], [judged(file, {})], [{"attr": file, "results": [{"author": "other", "content": 1}]}]] {
		grade := graded(sections)
		grade.severity == "unclassified"
		grade.reason == ""
	}
}

test_is_urgent_after_a_true_positive if {
	every verdict in ["true_positive_impact", "true_positive_no_impact"] {
		grade := graded([judged(address, {verdict: 1, "benign": 9})])
		grade.severity == "urgent"
		grade.reason == "192.0.2.1 was in an alert that was a true positive."
	}
}

test_says_all_that_is_urgent if {
	grade := graded([judged(address, {"true_positive_impact": 1}), scanned(file, ["A", "B", "C"])])
	grade.severity == "urgent"
	grade.reason == "192.0.2.1 was in an alert that was a true positive. ab is malware to A, B, C."
}

test_believes_no_scanner_alone if {
	graded([scanned(file, ["A", "B"])]).severity == "unclassified"
	graded([scanned(file, ["A", "A", "A"])]).severity == "unclassified"
}

test_makes_nothing_of_ones_own_addresses_and_paths if {
	own := ["10.1.2.3", "192.168.0.1", "127.0.0.1", "172.16.0.1", "172.31.255.1", "::1", "fd00::1", "FE80::1"]
	every value in own {
		attr := object.union(address, {"value": value})
		graded([judged(attr, {"true_positive_impact": 1})]).severity == "unclassified"
	}
	graded([judged(path, {"true_positive_impact": 1})]).severity == "unclassified"
	every value in ["172.32.0.1", "100.0.0.1", "2001:db8::1"] {
		attr := object.union(address, {"value": value})
		graded([judged(attr, {"true_positive_impact": 1})]).severity == "urgent"
	}
}

test_is_safe_where_the_file_was_harmless if {
	every verdict in ["benign", "false_positive", "test"] {
		grade := graded([judged(file, {verdict: 1})])
		grade.severity == "safe"
		grade.reason == "The same file was judged harmless before."
	}
	graded([judged(file, {"test": 1}), judged(address, {"benign": 1})]).severity == "safe"
}

test_is_not_safe_where_something_else_is_not_known if {
	graded([judged(file, {"test": 1}), judged(address, {})]).severity == "unclassified"
	graded([judged(file, {"test": 1}), {"attr": address}]).severity == "unclassified"
	graded([judged(file, {"duplicate": 3})]).severity == "unclassified"
	graded([judged(address, {"benign": 5})]).severity == "unclassified"
	graded([judged(file, {"benign": 5, "true_positive_impact": 1})]).severity == "urgent"
}

test_believes_nobody_else_about_the_past if {
	said := {"author": "http.fetch", "content": {"alerts": {"verdicts": {"test": 1, "true_positive_impact": 1}}}}
	graded([{"attr": file, "results": [said]}]).severity == "unclassified"
}
