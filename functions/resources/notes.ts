import { boolean, text } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const notes = resource({
  name: 'notes',
  singular: 'note',
  owner: 'private',
  fields: {
    text: text(10_000, 1).describe('The note itself, of any number of lines.'),
    pinned: boolean()
      .default(false)
      .describe('Whether the owner marked it, to find it by the filter.'),
  },
  indexes: [{ by: 'pinned' }],
  access: { member: ['read', 'write'] },
})
