// Runs the audits of GraphQL over HTTP against the address given, as the caller whose headers are given in JSON.
import { serverAudits } from "graphql-http";

const [url, headers] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const fetchFn = (target, init = {}) => fetch(target, { ...init, headers: { ...init.headers, ...headers } });
const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null });
}
process.stdout.write(JSON.stringify(results));
