//go:build tools

// Package tools keeps the requirement through `go mod tidy`.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
