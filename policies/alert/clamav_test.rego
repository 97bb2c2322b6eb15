package alert.clamav_test

import data.alert.clamav

found := {
	"virus": "Win.Trojan.Agent-6857363-0",
	"path": "/home/ann/Downloads/invoice.exe",
	"host": "ann-laptop",
	"sha256": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
}

test_names_virus_and_file if {
	some res in clamav.alert with input as found
	res.title == "Win.Trojan.Agent-6857363-0 in invoice.exe"
	res.source == "clamav"
	res.severity == "high"
}

test_makes_one_alert if {
	count(clamav.alert) == 1 with input as found
}

test_carries_what_the_action_needs if {
	some res in clamav.alert with input as found
	attrs := {attr.key: attr.value | some attr in res.attrs}
	attrs == {
		"path": found.path,
		"virus": found.virus,
		"host": "ann-laptop",
		"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}
}

test_knows_a_test_signature if {
	some res in clamav.alert with input as {"virus": "Win.Test.EICAR_HDB-1", "path": "/tmp/eicar.txt"}
	res.severity == "low"
	count(res.attrs) == 2
}

test_takes_windows_paths if {
	some res in clamav.alert with input as {"virus": "X", "path": "C:\\Users\\ann\\a.exe"}
	res.title == "X in a.exe"
}

test_takes_a_name_that_is_no_text_and_gives_it_no_path if {
	event := {"virus": "X", "path_hex": "2f746d702fff", "sha256": found.sha256}
	some res in clamav.alert with input as event
	res.title == "X in a file whose name is no text"
	{attr.key | some attr in res.attrs} == {"path_hex", "virus", "sha256"}
	count(clamav.alert) == 1 with input as event
}

test_ignores_what_is_no_finding if {
	count(clamav.alert) == 0 with input as {}
	count(clamav.alert) == 0 with input as {"virus": "", "path": "/tmp/a"}
	count(clamav.alert) == 0 with input as {"virus": "X"}
	count(clamav.alert) == 0 with input as {"virus": 1, "path": ["/tmp/a"]}
	count(clamav.alert) == 0 with input as null
	count(clamav.alert) == 0 with input as "text"
}
