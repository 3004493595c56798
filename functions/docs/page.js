/* The page of the OpenAPI document: Swagger UI, and a form that signs in and authorizes it. */

const api = 'api/v1'
const [signIn, signOut, who, fault] = ['sign-in', 'sign-out', 'who', 'fault'].map((id) =>
  document.getElementById(id),
)

const ui = window.SwaggerUIBundle({
  url: `${api}/openapi.json`,
  dom_id: '#document',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
})

/** The access token; kept in memory, so that it goes with the page. */
let token

signIn.addEventListener('submit', (event) =>
  attempt(event, async () => {
    const { username, password } = Object.fromEntries(new FormData(signIn))
    if (event.submitter?.value === 'sign-up') await call('signup', { username, password })
    const tokens = await call('login', { username, password })
    token = tokens.access_token
    ui.preauthorizeApiKey('bearerAuth', token)
    show(username)
  }),
)

signOut.addEventListener('submit', (event) =>
  attempt(event, async () => {
    try {
      await call('logout')
    } finally {
      token = undefined
      ui.authActions.logout(['bearerAuth'])
      show()
    }
  }),
)

/** Nothing is ever submitted by the browser itself: it would put the password into an address. */
async function attempt(event, action) {
  event.preventDefault()
  fault.textContent = ''
  try {
    await action()
  } catch (error) {
    fault.textContent = error.message
  }
}

/** @throws Error that says what the API found wrong */
async function call(action, body) {
  const response = await fetch(`${api}/auth/${action}`, {
    method: 'POST',
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  })
  if (response.status === 204) return undefined
  const answer = await response.json()
  if (response.ok) return answer
  const faults = answer.errors?.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`)
  throw new Error(faults?.join('; ') ?? answer.detail)
}

function show(username = '') {
  signIn.hidden = username !== ''
  signOut.hidden = username === ''
  who.textContent = username
  signIn.reset()
}
