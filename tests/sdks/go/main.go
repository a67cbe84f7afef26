// Life runs a verb of the Automation API on an inline program, settings as JSON on standard input.
// The program invites the people of the setting `people`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"example.com/pulumi-trieve/sdk/go/trieve"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func program(ctx *pulumi.Context) error {
	var people map[string]struct{ Email, Role string }
	config.New(ctx, "").RequireObject("people", &people)
	for name, person := range people {
		invitation, err := trieve.NewInvitation(ctx, name, &trieve.InvitationArgs{
			Email: pulumi.String(person.Email),
			Role:  trieve.Role(person.Role),
		})
		if err != nil {
			return err
		}
		ctx.Export(name, invitation.Status)
	}
	return nil
}

func run(ctx context.Context, verb string) error {
	var settings map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&settings); err != nil {
		return err
	}
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "life", program, auto.WorkDir("."))
	if err != nil {
		return err
	}
	for key, value := range settings {
		setting := auto.ConfigValue{Value: value, Secret: key == "trieve:apiKey"}
		if err := stack.SetConfig(ctx, key, setting); err != nil {
			return err
		}
	}
	changes, err := deploy(ctx, stack, verb)
	if err != nil {
		return err
	}
	outputs, err := stack.Outputs(ctx)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for name, output := range outputs {
		values[name] = output.Value
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"changes": changes, "outputs": values})
}

// deploy returns how many resources were created, updated, and so on.
func deploy(ctx context.Context, stack auto.Stack, verb string) (any, error) {
	switch verb {
	case "preview":
		result, err := stack.Preview(ctx)
		return result.ChangeSummary, err
	case "up":
		result, err := stack.Up(ctx)
		return result.Summary.ResourceChanges, err
	case "destroy":
		result, err := stack.Destroy(ctx)
		return result.Summary.ResourceChanges, err
	default:
		return nil, fmt.Errorf("no verb %s", verb)
	}
}
