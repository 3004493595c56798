import { fromAuth0 } from './auth0.ts'
import { fromCognito } from './cognito.ts'
import { fromDjango } from './django.ts'
import { fromFirebase } from './firebase.ts'
import type { ForeignExport } from './foreign.ts'
import { fromHtpasswd } from './htpasswd.ts'
import { fromKeycloak } from './keycloak.ts'
import { fromSupabase } from './supabase.ts'

/** The systems whose exports are understood. */
export const systems: Readonly<Record<string, (text: string) => ForeignExport>> = {
  auth0: fromAuth0,
  supabase: fromSupabase,
  firebase: fromFirebase,
  cognito: fromCognito,
  keycloak: fromKeycloak,
  django: fromDjango,
  htpasswd: fromHtpasswd,
}
