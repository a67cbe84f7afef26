import pulumi
import pulumi_trieve as trieve

ada = trieve.Invitation("ada", email="ada@example.com", role="admin")
team = trieve.Roster("team", file="members.yaml")  # many people, from a reviewed file

pulumi.export("status", ada.status)
pulumi.export("counts", team.counts)
