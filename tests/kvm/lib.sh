# SPDX-License-Identifier: GPL-2.0-or-later
# For scenarios: makes three flat binaries in this folder.
printf '\000\000\000\024' >loop # b .
# movz x1, #0x900, lsl #16; movz w2, #10; str w2, [x1]; b .-4 (the PL011's data register)
printf '\001\040\241\322\102\001\200\122\042\000\000\271\377\377\377\027' >flood
# The same with w2 = '.', once, then b .
printf '\001\040\241\322\302\005\200\122\042\000\000\271\000\000\000\024' >dot
