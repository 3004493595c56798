import * as z from 'zod'
import { resourceName } from './records.ts'

/** What `npm run export`, `import` and `admin -- reindex` ask of the operator's function. */
export const transferCommands = {
  'export-page': z.strictObject({
    resource: resourceName,
    parents: z.array(z.string()).max(100).optional(),
    after: z.string().optional(),
    withSecrets: z.literal(true).optional(),
    asIs: z.boolean().optional(),
  }),
  'import-batch': z.strictObject({
    resource: resourceName,
    records: z.array(z.unknown()).max(100),
    asIs: z.boolean().optional(),
    version: z.int().min(0).optional(),
  }),
  'reindex-status': z.strictObject({}),
  'reindex-begin': z.strictObject({ resource: resourceName }),
  'reindex-page': z.strictObject({
    resource: resourceName,
    parents: z.array(z.string()).max(100).optional(),
    after: z.string().optional(),
    check: z.boolean(),
    limit: z.int().min(1).max(1000),
  }),
  'reindex-end': z.strictObject({
    resource: resourceName,
    walk: z.string().max(100),
    except: z.array(z.string()).max(100),
  }),
} as const
