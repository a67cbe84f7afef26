//go:build tools

// Package tools keeps the requirement through `go mod tidy`.
// A module of its own: it needs another version of pkg/v3 than the CLI.
package tools

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
