package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

const modulePath = "wgink.ink/wechat"

// moduleSource is where a new plugin gets the WeChat module from: a checkout, or a published version.
type moduleSource struct {
	checkout string // absolute
	version  string
}

// findModule looks for a checkout: the named one, the one around the working directory, the one this program was built
// from. A program that was installed as a published version names that version.
func findModule(named string) (moduleSource, error) {
	if named != "" {
		dir, err := filepath.Abs(named)
		if err != nil || !isCheckout(dir) {
			return moduleSource{}, fmt.Errorf("-replace %s: holds no go.mod of %s", named, modulePath)
		}
		return moduleSource{checkout: dir}, nil
	}
	places := []string{}
	if dir, err := os.Getwd(); err == nil {
		places = append(places, dir)
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		places = append(places, filepath.Dir(file))
	}
	for _, dir := range places {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if isCheckout(dir) {
				return moduleSource{checkout: dir}, nil
			}
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == modulePath && published(info.Main.Version) {
		return moduleSource{version: info.Main.Version}, nil
	}
	return moduleSource{}, fmt.Errorf("where is %s? Give its checkout with -replace", modulePath)
}

// published says whether a proxy can have the version: not one that is made up for a working copy.
func published(version string) bool {
	return strings.HasPrefix(version, "v") && !module.IsPseudoVersion(version) && !strings.Contains(version, "+")
}

func isCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modfile.ModulePath(text) == modulePath
}

// goMod makes the plugin's go.mod, with the commands of the WeChat module as tools. From a checkout it takes every
// requirement and hash, so that nothing has to be looked up; `go mod tidy` drops later what is not used.
func (s moduleSource) goMod(path string) (mod, sum []byte, err error) {
	f := &modfile.File{}
	if err := f.AddModuleStmt(path); err != nil {
		return nil, nil, err
	}
	if s.checkout == "" {
		goVersion, _, _ := strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), " ") // it may name experiments
		if err := errors.Join(f.AddGoStmt(goVersion), f.AddRequire(modulePath, s.version), f.AddTool(modulePath+"/cmd/wechatctl")); err != nil {
			return nil, nil, err
		}
		f.Cleanup()
		mod, err = f.Format()
		return mod, nil, err
	}
	text, err := os.ReadFile(filepath.Join(s.checkout, "go.mod"))
	if err != nil {
		return nil, nil, err
	}
	theirs, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return nil, nil, err
	}
	if sum, err = os.ReadFile(filepath.Join(s.checkout, "go.sum")); err != nil {
		return nil, nil, err
	}
	const unpublished = "v0.0.0"
	if err := f.AddGoStmt(theirs.Go.Version); err != nil {
		return nil, nil, err
	}
	f.AddNewRequire(modulePath, unpublished, false)
	for _, r := range theirs.Require {
		f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	if err := f.AddReplace(modulePath, "", s.checkout, ""); err != nil {
		return nil, nil, err
	}
	if err := f.AddTool(modulePath + "/cmd/wechatctl"); err != nil {
		return nil, nil, err
	}
	f.Cleanup()
	mod, err = f.Format()
	return mod, sum, err
}
