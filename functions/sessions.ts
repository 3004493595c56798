import { logout } from './auth/session-routes.ts'
import { securityEvent } from './config/security-events.ts'
import { bind, pipeline } from './http/pipeline.ts'
import { noContent } from './http/replies.ts'
import { deleteSession } from './store/sessions.ts'

export const handler = pipeline([
  bind(logout, async (request) => {
    const { userId, sessionId } = request.principal
    await deleteSession(userId, sessionId)
    securityEvent('session_ended', request, { userId, sessionId })
    return noContent()
  }),
])
