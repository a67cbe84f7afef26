//go:build tools

// Package tools keeps the requirement through `go mod tidy`.
// A module of its own: this is the last version of the language host that the module proxy serves,
// and it needs another version of sdk/v3 than the CLI.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
