package main

import (
	"crypto/sha256"
	"errors"
	"math/big"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// seededBytes is the seed that an evaluation was given. OPA draws one value after the other from it, so that a call that is
// added changes the values of those after it; here each value is drawn by its key, as the host's own functions draw it.
type seededBytes struct {
	seed string
}

func (s *seededBytes) Read([]byte) (int, error) {
	return 0, errors.New("random values are drawn by their keys")
}

// draw gives the 32 bytes of one key: SHA-256 of the seed, the built-in's name and the key, with a zero byte between them.
func (s *seededBytes) draw(name, key string) [sha256.Size]byte {
	return sha256.Sum256([]byte(s.seed + "\x00" + name + "\x00" + key))
}

func init() {
	seeded(ast.UUIDRFC4122.Name, seededUUID)
	seeded(ast.RandIntn.Name, seededIntn)
}

// seeded replaces a built-in where an evaluation has a seed; elsewhere (in tests) OPA's own answers.
func seeded(name string, draw func(*seededBytes, []*ast.Term) (*ast.Term, error)) {
	own := topdown.GetBuiltin(name)
	topdown.RegisterBuiltinFunc(name, func(c topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
		seed, ok := c.Seed.(*seededBytes)
		if !ok {
			return own(c, operands, iter)
		}
		result, err := draw(seed, operands)
		if err != nil {
			return err
		}
		return iter(result)
	})
}

func seededUUID(seed *seededBytes, operands []*ast.Term) (*ast.Term, error) {
	key := "v" + operands[0].Value.String()
	if text, ok := operands[0].Value.(ast.String); ok {
		key = "s" + string(text)
	}
	bytes := seed.draw(ast.UUIDRFC4122.Name, key)
	bytes[8] = bytes[8]&0x3f | 0x80
	bytes[6] = bytes[6]&0x0f | 0x40
	return ast.StringTerm(dashed(bytes[:16])), nil
}

func dashed(bytes []byte) string {
	const digits = "0123456789abcdef"
	var text []byte
	for i, b := range bytes {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[b>>4], digits[b&0x0f])
	}
	return string(text)
}

func seededIntn(seed *seededBytes, operands []*ast.Term) (*ast.Term, error) {
	text, err := builtins.StringOperand(operands[0].Value, 1)
	if err != nil {
		return nil, err
	}
	n, err := builtins.IntOperand(operands[1].Value, 2)
	if err != nil || n == 0 {
		return ast.IntNumberTerm(0), err
	}
	bound := new(big.Int).Abs(big.NewInt(int64(n)))
	bytes := seed.draw(ast.RandIntn.Name, bound.String()+"\x00"+string(text))
	drawn := new(big.Int).Mod(new(big.Int).SetBytes(bytes[:]), bound)
	value, err := strconv.Atoi(drawn.String())
	return ast.IntNumberTerm(value), err
}
