package alert.fault

alert contains {"title": sprintf("Host %v", [input.device]), "source": "faults"}
