/** The output of the stack that names the operator's function. */
export const adminFunctionOutput = 'AdminFunction'
