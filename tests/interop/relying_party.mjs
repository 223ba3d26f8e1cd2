// A relying party made of npm's openid-client: `node relying_party.mjs <flow> <what it is told, as JSON>`.
// It prints JSON, a line each: what a browser is to open, and in the end what it saw.

import { createServer } from 'node:http'
import * as client from 'openid-client'

const [flow, json] = process.argv.slice(2)
const told = JSON.parse(json)

const say = (what) => console.log(JSON.stringify(what))

/** The code of the refusal; an error when there was none. */
async function refusal(act) {
  try {
    await act()
  } catch (error) {
    return error.error ?? error.code
  }
  throw new Error('not refused')
}

/** A listener on the loopback, as an app on somebody's machine has it (RFC 8252 section 7.3). */
async function listen() {
  const waiting = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`)
    const parts = []
    for await (const part of request) parts.push(part)
    const { method, headers } = request
    const body = method === 'POST' ? Buffer.concat(parts) : undefined
    response.end('You can close this page.')
    waiting.shift()?.(body ? new Request(url, { method, headers, body }) : url)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    at: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    /** Sends the browser somewhere; what it brings back. */
    open: (url) =>
      new Promise((done) => {
        waiting.push(done)
        say({ open: url.href })
      }),
    close: () => server.close(),
  }
}

async function discovered(authentication, more = {}) {
  const metadata = { client_id: told.client_id, ...more }
  const config = await client.discovery(new URL(told.issuer), told.client_id, metadata, authentication)
  client.enableNonRepudiationChecks(config) // signatures of id_tokens are looked at as well
  return config
}

async function question(more = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const parameters = {
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  }
  return { parameters, checks }
}

/** An app on somebody's phone or machine: public, PKCE, a redirect to the loopback. */
async function mobile() {
  const config = await discovered(client.None())
  const listener = await listen()
  const { parameters, checks } = await question({ redirect_uri: listener.at('/callback') })
  const back = await listener.open(client.buildAuthorizationUrl(config, parameters))
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  const claims = tokens.claims()
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
  await client.fetchUserInfo(config, renewed.access_token, claims.sub)
  await client.tokenRevocation(config, renewed.refresh_token)
  const revoked = await refusal(() => client.refreshTokenGrant(config, renewed.refresh_token))
  const state = client.randomState()
  const left = await listener.open(
    client.buildEndSessionUrl(config, {
      id_token_hint: renewed.id_token,
      post_logout_redirect_uri: listener.at('/signed-out'),
      state,
    }),
  )
  const unknown = await question({ redirect_uri: listener.at('/callback'), prompt: 'none' })
  const asked = await listener.open(client.buildAuthorizationUrl(config, unknown.parameters))
  const signedOut = await refusal(() => client.authorizationCodeGrant(config, asked, unknown.checks))
  listener.close()
  const rotated = renewed.refresh_token !== tokens.refresh_token
  return { claims, person, rotated, revoked, signedOut, stateKept: left.searchParams.get('state') === state }
}

/** A web application with a secret that takes the answer as a posted form. */
async function posted() {
  const config = await discovered(client.ClientSecretPost(told.secret))
  const listener = await listen()
  const { parameters, checks } = await question({
    redirect_uri: listener.at('/callback'),
    response_mode: 'form_post',
    max_age: '300',
  })
  const back = await listener.open(client.buildAuthorizationUrl(config, parameters))
  const tokens = await client.authorizationCodeGrant(config, back, { ...checks, maxAge: 300 })
  listener.close()
  return { method: back.method, claims: tokens.claims() }
}

/** The FAPI 2.0 profile: private_key_jwt, pushed requests, tokens bound to a key. */
async function fapi() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', told.key, algorithm, false, ['sign'])
  const config = await discovered(client.PrivateKeyJwt({ key, kid: told.key.kid }))
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const listener = await listen()
  const { parameters, checks } = await question({ redirect_uri: listener.at('/callback') })
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
  const back = await listener.open(url)
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP })
  const claims = tokens.claims()
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP })
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
  const thief = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
  const stolen = await refusal(() => client.fetchUserInfo(config, renewed.access_token, claims.sub, thief))
  const bare = await refusal(() => client.fetchUserInfo(config, renewed.access_token, claims.sub))
  listener.close()
  return { asked: [...url.searchParams.keys()], claims, person, type: renewed.token_type, stolen, bare }
}

/** A program that acts for itself, and the service it calls, which asks whether its token holds. */
async function machine() {
  const config = await discovered(client.ClientSecretBasic(told.secret))
  const tokens = await client.clientCredentialsGrant(config, { scope: told.scope, resource: told.resource })
  const service = await client.discovery(
    new URL(told.issuer), told.service.id, undefined, client.ClientSecretBasic(told.service.secret),
  )
  const before = await client.tokenIntrospection(service, tokens.access_token)
  const widened = await refusal(() =>
    client.clientCredentialsGrant(config, { scope: 'community:write', resource: told.resource }),
  )
  return { type: tokens.token_type, scope: tokens.scope, lasts: tokens.expires_in, before, widened }
}

/** A client's own refresh token, before and after it gave it back. */
async function revoked() {
  const config = await discovered(client.ClientSecretPost(told.secret))
  const listener = await listen()
  const { parameters, checks } = await question({ redirect_uri: listener.at('/callback') })
  const back = await listener.open(client.buildAuthorizationUrl(config, parameters))
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  const before = await client.tokenIntrospection(config, tokens.access_token)
  await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: 'refresh_token' })
  const after = await client.tokenIntrospection(config, tokens.access_token)
  listener.close()
  return { before, after }
}

/** A device without a keyboard. */
async function device() {
  const config = await discovered(client.None())
  const asked = await client.initiateDeviceAuthorization(config, { scope: 'openid profile' })
  say({ open: asked.verification_uri, code: asked.user_code, complete: asked.verification_uri_complete })
  const tokens = await client.pollDeviceAuthorizationGrant(config, asked)
  const claims = tokens.claims()
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  return { claims, person }
}

/** A client that registers by itself and signs somebody in. */
async function registered() {
  const listener = await listen()
  const config = await client.dynamicClientRegistration(
    new URL(told.issuer),
    {
      client_name: 'Registered by itself',
      redirect_uris: [listener.at('/callback')],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email',
      token_endpoint_auth_method: 'client_secret_post', // what openid-client does unless told otherwise
    },
    undefined,
    { initialAccessToken: told.initial },
  )
  const { parameters, checks } = await question({ redirect_uri: listener.at('/callback') })
  const back = await listener.open(client.buildAuthorizationUrl(config, parameters))
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  listener.close()
  return { id: config.clientMetadata().client_id, claims: tokens.claims() }
}

const flows = { mobile, posted, fapi, machine, revoked, device, registered }
say({ seen: await flows[flow]() })
