// A real OAuth2 token server: `node server.mjs PORT SECRET SECONDS`. Knows two clients by one secret: `cau` by header,
// `cau-post` by form. Its tokens live so many seconds. Tells each token that it gives, on a line of its own.
import { Provider } from 'oidc-provider';

const [port, secret, seconds] = process.argv.slice(2);
const client = (id, method) => ({
  client_id: id, client_secret: secret, token_endpoint_auth_method: method,
  grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
});
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client('cau', 'client_secret_basic'), client('cau-post', 'client_secret_post')],
  scopes: ['pakn'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  ttl: { ClientCredentials: Number(seconds) },
});
provider.on('grant.success', () => console.log('granted'));
provider.on('grant.error', (_, error) => console.log('refused', error.message));
provider.listen(Number(port), '127.0.0.1');
