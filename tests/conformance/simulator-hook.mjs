// The hooks of the conformance suite for the simulator as a program of its own, and an example of what hooks do:
//   simulator-hook.mjs accept <link> <email> <name> <subject>
//   simulator-hook.mjs mails <email>

const simulator = `${process.env.TRIEVE_API_URL}/simulator`;

async function accept(link, email, name, subject) {
  const response = await fetch(`${simulator}/accept`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ link, email, name, subject }),
  });
  const { status, location, body } = await response.json();
  console.log(`${status} ${location ?? body}`);
  return status === 303 ? 0 : 1;
}

async function mails(email) {
  const response = await fetch(`${simulator}/mails`);
  const sent = await response.json();
  for (const { links } of sent.filter(({ to }) => to === email)) console.log(links.join("\n"));
  return 0;
}

const [what, ...args] = process.argv.slice(2);
try {
  process.exitCode = await { accept, mails }[what](...args);
} catch (error) {
  // 1 would say that the server refused.
  console.error(error.message);
  process.exitCode = 2;
}
