/** The problems of this API's own: for each code its HTTP status and its title. */
export const problems = {
  already_graduated: [409, 'The student has already graduated'],
} as const
