import { line, number, slug } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const mountains = resource({
  name: 'mountains',
  singular: 'mountain',
  key: 'name',
  fields: {
    name: slug(64),
    heightM: number(0, 9000).optional(),
    range: line(1, 100).optional(),
    country: line(1, 100).optional(),
  },
  indexes: [{ by: 'country', sort: 'heightM' }],
  access: { member: ['read'], editor: ['write'] },
})
