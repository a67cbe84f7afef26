"""Runs a verb of the Automation API on a file as inline program: inline.py <verb> <file>, settings as JSON on
standard input."""

import json
import runpy
import sys

from pulumi import automation

verb, file = sys.argv[1:]
stack = automation.create_or_select_stack(
    stack_name="dev",
    project_name="life",
    program=lambda: runpy.run_path(file),
    opts=automation.LocalWorkspaceOptions(work_dir="."),
)
for key, value in json.load(sys.stdin).items():
    secret = key == "trieve:apiKey"
    stack.set_config(key, automation.ConfigValue(value=value, secret=secret))

result = getattr(stack, verb)()
changes = result.change_summary if verb == "preview" else result.summary.resource_changes
outputs = {name: output.value for name, output in stack.outputs().items()}
json.dump({"changes": changes, "outputs": outputs}, sys.stdout)
