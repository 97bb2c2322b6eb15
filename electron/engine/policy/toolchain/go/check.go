package main

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type checkRequest struct {
	Files []sourceFile   `json:"files"`
	Data  map[string]any `json:"data"`
	Allow []string       `json:"allow"`
}

type fileInfo struct {
	Path        string   `json:"path"`
	RegoVersion string   `json:"regoVersion"`
	Package     string   `json:"package"`
	Rules       []string `json:"rules"`
}

type packageInfo struct {
	Package     string `json:"package"`
	DefinesInit bool   `json:"definesInit"`
	DefinesExit bool   `json:"definesExit"`
}

type checkAnswer struct {
	Files    []fileInfo    `json:"files"`
	Packages []packageInfo `json:"packages"`
}

// program is a set of files that passed every check. The compiler holds rewritten copies of the parsed modules.
type program struct {
	files    []parsedFile
	compiler *ast.Compiler
	store    storage.Store
	data     map[string]any
	allow    []string
}

func (p *program) modules() map[string]*ast.Module {
	out := map[string]*ast.Module{}
	for _, f := range p.files {
		out[f.Path] = f.module
	}
	return out
}

func check(r checkRequest, _ []byte) (any, []byte, error) {
	p, err := load(r)
	if err != nil {
		return nil, nil, err
	}
	return describe(p), nil, nil
}

// load parses and checks. A file that parses as v1 and fails a check that only v1 has (a deprecated built-in, a
// repeated import, a rule named input) is valid v0: it is read as such, unless it says `import rego.v1`.
func load(r checkRequest) (*program, error) {
	files, err := parseFiles(r.Files)
	if err != nil {
		return nil, err
	}
	p := &program{files: files, data: r.Data, allow: r.Allow}
	if p.data == nil {
		p.data = map[string]any{}
	}
	p.store = inmem.NewFromObjectWithOpts(p.data, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	errs := p.check()
	if len(errs) > 0 {
		errs = p.retryAsV0(errs)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return p, nil
}

func (p *program) check() ast.Errors {
	for _, f := range p.files {
		evenLiterals(f.module)
	}
	return p.compile()
}

func (p *program) compile() ast.Errors {
	ctx := context.Background()
	txn := storage.NewTransactionOrDie(ctx, p.store)
	defer p.store.Abort(ctx, txn)
	p.compiler = ast.NewCompiler().WithCapabilities(capabilities(p.allow)).WithEnablePrintStatements(true).
		WithUseTypeCheckAnnotations(true).WithPathConflictsCheck(storage.NonEmpty(ctx, p.store, txn))
	if p.compiler.Compile(p.modules()); p.compiler.Failed() {
		return p.compiler.Errors
	}
	return confineToAuthz(p.compiler, p.allow)
}

// retryAsV0 reads the files with errors as v0 and keeps those whose errors vanish by it. A round can uncover
// errors of the same kind elsewhere, since the compiler stops after the first stage that fails.
func (p *program) retryAsV0(errs ast.Errors) ast.Errors {
	for {
		before := slices.Clone(p.files)
		blamed := byFile(errs)
		retried := []int{}
		for i, f := range p.files {
			if f.version == ast.RegoV0 || blamed[f.Path] == nil || saysItsVersion.MatchString(f.Source) {
				continue
			}
			if module, err := parseAs(f.sourceFile, ast.RegoV0); err == nil {
				p.files[i] = parsedFile{f.sourceFile, module, ast.RegoV0}
				retried = append(retried, i)
			}
		}
		if len(retried) == 0 {
			return errs
		}
		after := byFile(p.check())
		kept := 0
		for _, i := range retried {
			path := p.files[i].Path
			if slices.ContainsFunc(blamed[path], func(e string) bool { return slices.Contains(after[path], e) }) {
				p.files[i] = before[i]
				continue
			}
			kept++
		}
		errs = p.check()
		if len(errs) == 0 || kept == 0 {
			return errs
		}
	}
}

func byFile(errs ast.Errors) map[string][]string {
	out := map[string][]string{}
	for _, e := range errs {
		if e.Location != nil {
			out[e.Location.File] = append(out[e.Location.File], e.Error())
		}
	}
	return out
}

func describe(p *program) checkAnswer {
	out := checkAnswer{Files: []fileInfo{}, Packages: []packageInfo{}}
	for _, f := range p.files {
		info := fileInfo{Path: f.Path, RegoVersion: versionName(f.version), Package: packageName(f.module), Rules: []string{}}
		for _, rule := range f.module.Rules {
			info.Rules = append(info.Rules, rule.Head.Ref().GroundPrefix().String())
		}
		slices.Sort(info.Rules)
		info.Rules = slices.Compact(info.Rules)
		out.Files = append(out.Files, info)

		i := slices.IndexFunc(out.Packages, func(q packageInfo) bool { return q.Package == info.Package })
		if i < 0 {
			i = len(out.Packages)
			out.Packages = append(out.Packages, packageInfo{Package: info.Package})
		}
		for _, rule := range f.module.Rules {
			switch rule.Head.Ref()[0].Value.String() {
			case "init":
				out.Packages[i].DefinesInit = true
			case "exit":
				out.Packages[i].DefinesExit = true
			}
		}
	}
	slices.SortFunc(out.Packages, func(a, b packageInfo) int { return strings.Compare(a.Package, b.Package) })
	return out
}

func packageName(m *ast.Module) string {
	return strings.TrimPrefix(m.Package.Path.String(), "data.")
}
