/**
 * What the five tutorials show, as a user of this API would do it, with the mistakes tried too.
 * `{name}` in a step stands for what an earlier step kept.
 */
export interface Step {
  /** `POST /auth/login`, below /api/v1 unless it begins with `//`. */
  readonly call: string
  readonly says: string
  readonly body?: unknown
  /** Sent as it is in Authorization. */
  readonly authorization?: string
  readonly status: number
  /** Members of the answer kept for later steps, by another name. */
  readonly keep?: Readonly<Record<string, string>>
}

export interface Story {
  readonly title: string
  readonly steps: readonly Step[]
}

const password = 'a mountain of passwords'
const user = { username: 'shantanu{run}', password }
const tampered = 'Bearer {access}x'
const seedToken =
  'Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.J_RIIkoOLNXtd5IZcEwaBDGKGA3VnnYmuXnmhsmDEOs'

export const stories: readonly Story[] = [
  {
    title: 'Falcon: students behind a login',
    steps: [
      { says: 'sign up', call: 'POST /auth/signup', body: user, status: 201 },
      {
        says: 'the wrong password',
        call: 'POST /auth/login',
        body: { ...user, password: 'wrong' },
        status: 401,
      },
      {
        says: 'sign in',
        call: 'POST /auth/login',
        body: user,
        status: 200,
        keep: { access: 'access_token' },
      },
      { says: 'no token', call: 'GET /students', status: 401 },
      {
        says: "the tutorial's own token, signed with `secret`",
        call: 'GET /students',
        authorization: seedToken,
        status: 401,
      },
      { says: 'a tampered token', call: 'GET /students', authorization: tampered, status: 401 },
      {
        says: 'two spaces, which let anybody in there',
        call: 'GET /students',
        authorization: 'Bearer  {access}',
        status: 401,
      },
      {
        says: 'add a student',
        call: 'POST /students',
        authorization: 'Bearer {access}',
        body: { name: 'Ada', email: 'ada{run}@example.org', rollNo: '7', age: 20 },
        status: 201,
        keep: { student: 'id' },
      },
      {
        says: 'read the student',
        call: 'GET /students/{student}',
        authorization: 'Bearer {access}',
        status: 200,
      },
      {
        says: 'change the student',
        call: 'PATCH /students/{student}',
        authorization: 'Bearer {access}',
        body: { age: 21 },
        status: 200,
      },
      {
        says: 'a field that there is not',
        call: 'PATCH /students/{student}',
        authorization: 'Bearer {access}',
        body: { isAdmin: true },
        status: 422,
      },
      {
        says: 'delete the student',
        call: 'DELETE /students/{student}',
        authorization: 'Bearer {access}',
        status: 204,
      },
    ],
  },
  {
    title: 'FastAPI: a public and a private page',
    steps: [
      { says: 'the public page', call: 'GET /public', status: 200 },
      { says: 'the private page without a token', call: 'GET /private', status: 401 },
      {
        says: 'credentials in the address are never read',
        call: 'GET /auth/login?username=admin&password=password',
        status: 405,
      },
      { says: 'nor is a token', call: 'GET /private?token={access}', status: 401 },
      {
        says: 'the private page',
        call: 'GET /private',
        authorization: 'Bearer {access}',
        status: 200,
      },
    ],
  },
  {
    title: 'Flask-RESTful: a mountain behind Flask-JWT',
    steps: [
      {
        says: 'an admin signs in',
        call: 'POST /auth/login',
        body: { username: '{adminUsername}', password: '{adminPassword}' },
        status: 200,
        keep: { admin: 'access_token' },
      },
      {
        says: 'the admin adds a mountain',
        call: 'POST /mountains',
        authorization: 'JWT {admin}',
        body: { name: 'everest{run}', heightM: 8849, range: 'Himalaya' },
        status: 201,
      },
      {
        says: 'anybody who is signed in reads it, by the scheme JWT',
        call: 'GET /mountains/everest{run}',
        authorization: 'JWT {access}',
        status: 200,
      },
      {
        says: 'only admins write mountains',
        call: 'DELETE /mountains/everest{run}',
        authorization: 'JWT {access}',
        status: 403,
      },
      {
        says: 'a name is taken once',
        call: 'POST /mountains',
        authorization: 'JWT {admin}',
        body: { name: 'everest{run}' },
        status: 409,
      },
    ],
  },
  {
    title: 'Flask: users and their posts',
    steps: [
      {
        says: 'a second user',
        call: 'POST /auth/signup',
        body: { username: 'joey{run}', password },
        status: 201,
        keep: { joey: 'id' },
      },
      {
        says: 'the name is taken, in capitals too',
        call: 'POST /auth/signup',
        body: { username: 'JOEY{run}', password },
        status: 409,
      },
      {
        says: 'a role is not given away',
        call: 'POST /auth/signup',
        body: { username: 'x{run}', password, role: 'admin' },
        status: 422,
      },
      {
        says: 'sign in',
        call: 'POST /auth/login',
        body: { username: 'joey{run}', password },
        status: 200,
        keep: { joeys: 'access_token' },
      },
      {
        says: 'the own user',
        call: 'GET /users/{joey}',
        authorization: 'Bearer {joeys}',
        status: 200,
      },
      {
        says: "somebody else's is not there",
        call: 'GET /users/{joey}',
        authorization: 'Bearer {access}',
        status: 404,
      },
      {
        says: 'write a post',
        call: 'POST /users/{joey}/posts',
        authorization: 'Bearer {joeys}',
        body: { title: 'Hello', body: 'World' },
        status: 201,
        keep: { post: 'id' },
      },
      {
        says: 'anybody reads it',
        call: 'GET /users/{joey}/posts/{post}',
        authorization: 'Bearer {access}',
        status: 200,
      },
      {
        says: 'nobody else changes it',
        call: 'PUT /users/{joey}/posts/{post}',
        authorization: 'Bearer {access}',
        body: { title: 'Mine', body: '' },
        status: 403,
      },
      {
        says: 'nor writes in that name',
        call: 'POST /users/{joey}/posts',
        authorization: 'Bearer {access}',
        body: { title: 'x', body: '' },
        status: 403,
      },
      {
        says: 'delete the user',
        call: 'DELETE /users/me',
        authorization: 'Bearer {joeys}',
        status: 204,
      },
      {
        says: 'the token is refused at once',
        call: 'GET /users/{joey}',
        authorization: 'Bearer {joeys}',
        status: 401,
      },
      {
        says: 'the posts are gone',
        call: 'GET /users/{joey}/posts',
        authorization: 'Bearer {access}',
        status: 404,
      },
    ],
  },
  {
    title: 'Flask: a mailing list',
    steps: [
      { says: 'what is there', call: 'GET ', status: 200 },
      {
        says: 'sign in by HTTP Basic',
        call: 'POST /auth/login',
        authorization: '{basic}',
        status: 200,
        keep: { admin: 'access_token' },
      },
      { says: 'the list is not public', call: 'GET /subscribers', status: 401 },
      {
        says: 'nor for everybody',
        call: 'GET /subscribers',
        authorization: 'Bearer {access}',
        status: 403,
      },
      {
        says: 'add a subscriber',
        call: 'POST /subscribers',
        authorization: 'Bearer {admin}',
        body: { email: 'm{run}@example.org', name: 'Masnun' },
        status: 201,
        keep: { subscriber: 'id' },
      },
      {
        says: 'no address',
        call: 'POST /subscribers',
        authorization: 'Bearer {admin}',
        body: { email: 'masnun', name: 'Masnun' },
        status: 422,
      },
      {
        says: 'the same address',
        call: 'POST /subscribers',
        authorization: 'Bearer {admin}',
        body: { email: 'M{run}@Example.org', name: 'Again' },
        status: 409,
      },
      {
        says: 'find it by its address',
        call: 'GET /subscribers?email=m{run}@example.org',
        authorization: 'Bearer {admin}',
        status: 200,
      },
      {
        says: 'replace it',
        call: 'PUT /subscribers/{subscriber}',
        authorization: 'Bearer {admin}',
        body: { email: 'n{run}@example.org', name: 'Masnun' },
        status: 200,
      },
      {
        says: 'delete it',
        call: 'DELETE /subscribers/{subscriber}',
        authorization: 'Bearer {admin}',
        status: 204,
      },
      {
        says: 'it is gone',
        call: 'GET /subscribers/{subscriber}',
        authorization: 'Bearer {admin}',
        status: 404,
      },
      { says: 'sign out', call: 'POST /auth/logout', authorization: 'Bearer {admin}', status: 204 },
      {
        says: 'and the token is refused',
        call: 'GET /subscribers',
        authorization: 'Bearer {admin}',
        status: 401,
      },
    ],
  },
]
