import { basePath, type Route } from '../http/route.ts'

export const logout = {
  operationId: 'logout',
  lambda: 'sessions',
  method: 'POST',
  path: `${basePath}/auth/logout`,
  access: 'authenticated',
  tag: 'auth',
  summary: 'End this session; its tokens are refused from then on',
  answer: { status: 204, description: 'Ended' },
} as const satisfies Route
