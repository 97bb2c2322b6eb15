package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// seededBytes is what uuid.rfc4122 and rand.intn draw from: SHA-256 over the seed and a block counter, so that the
// host's own functions can draw the same.
type seededBytes struct {
	seed  string
	block uint32
	rest  []byte
}

func (s *seededBytes) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if len(s.rest) == 0 {
			sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.seed), s.block))
			s.block++
			s.rest = sum[:]
		}
		taken := copy(p[n:], s.rest)
		s.rest = s.rest[taken:]
		n += taken
	}
	return len(p), nil
}
