import { line, number, slug } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const mountains = resource({
  name: 'mountains',
  singular: 'mountain',
  key: 'name',
  fields: {
    name: slug(64).describe('The key of the mountain, with which its path ends.'),
    heightM: number(0, 9000)
      .optional()
      .describe('The height above the sea, in metres; absent where it is not known.'),
    range: line(1, 100)
      .optional()
      .describe('The mountain range that it is part of, such as `Himalayas`.'),
    country: line(1, 100)
      .optional()
      .describe('Where it lies; a filter finds it by exactly this spelling.'),
  },
  indexes: [{ by: 'country', sort: 'heightM' }],
  access: { member: ['read'], editor: ['write'] },
})
