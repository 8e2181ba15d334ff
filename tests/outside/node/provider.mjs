// An OpenID provider on loopback, by oidc-provider: one person, one form, ready when a line of JSON is printed.
// It ends when its standard input does. What it is to be comes as JSON in the first argument; see provider.py.
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const given = JSON.parse(process.argv[2]);
const found = createRequire(given.folder + '/').resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found).href);

const tls = { key: readFileSync(given.key), cert: readFileSync(given.chain) };
const server = createServer(tls).listen(0, '127.0.0.1', () => begin(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));

const client = (id) => ({
  client_id: id, application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: ['http://localhost', 'http://localhost/'],
  post_logout_redirect_uris: ['http://localhost'], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
});

function begin(port) {
  const login = `https://localhost:${port}`;
  const mount = `/${given.tenant}/v2.0`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(login + mount, {
    clients: [client(given.client_id), client(given.bare_client_id)],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'User.Read'],
    claims: { openid: ['sub', ...Object.keys(given.mapped)], profile: ['name', 'preferred_username'], email: ['email'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    issueRefreshToken: async (ctx, client, code) => code.scopes.has('openid'),
    interactions: { url: (ctx, interaction) => `${mount}/interaction/${interaction.uid}` },
    findAccount: async (ctx, id) => ({
      accountId: id,
      claims: async () => ({
        sub: id, ...given.person, ...(ctx.oidc.client.clientId === given.bare_client_id ? {} : given.mapped),
      }),
    }),
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400 },
  });
  provider.on('server_error', (ctx, error) => console.error(error));
  const callback = provider.callback();
  server.on('request', async (request, response) => {
    if (request.url.startsWith(`${mount}/interaction/`)) {
      await interact(provider, request, response).catch((error) => { console.error(error); response.writeHead(500).end(); });
    } else if (request.url.startsWith(mount)) {
      request.url = asked(request.url.slice(mount.length) || '/');
      request.originalUrl = mount + request.url; // from both it knows that it is mounted
      callback(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  console.log(JSON.stringify({ login }));
}

// What of Entra's requests it does not know is mapped: a refresh token it gives only after a consent page that was
// asked for, and an account picker it has none.
function asked(address) {
  const url = new URL(address, 'https://localhost');
  const prompt = url.searchParams.get('prompt');
  if (url.pathname !== '/auth' || (prompt && prompt !== 'select_account')) return address;
  url.searchParams.set('prompt', 'consent');
  return url.pathname + url.search;
}

async function interact(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return show(response, 200, prompt.name, '');
  const form = new URLSearchParams(await text(request));
  const finish = (result) => provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  if (form.get('answer') === 'cancel') return finish({ error: 'access_denied', error_description: 'The person gave up.' });
  if (prompt.name === 'login') {
    const right = form.get('username') === given.username && form.get('password') === given.password;
    return right ? finish({ login: { accountId: given.sub } }) : show(response, 400, prompt.name, 'User name or password is wrong.');
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  return finish({ consent: { grantId: await grant.save() } });
}

function show(response, status, step, problem) {
  const fields = step === 'login'
    ? '<input name="username"><input name="password" type="password"><button>Sign in</button>'
    : '<button name="answer" value="accept">Accept</button>';
  const page = `<!doctype html><title>${step}</title><p>${problem}</p><form method="post">${fields}`
    + '<button name="answer" value="cancel">Cancel</button></form>';
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
