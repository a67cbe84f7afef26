"""Invites the people of the setting `people`."""

import pulumi
import pulumi_trieve as trieve

for name, args in pulumi.Config().require_object("people").items():
    pulumi.export(name, trieve.Invitation(name, **args).status)
