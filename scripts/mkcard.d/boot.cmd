# SPDX-License-Identifier: BSD-2-Clause
#
# Run by U-Boot on a Raspberry Pi 4 (scripts/mkcard makes boot.scr of it): takes the slot
# that the file `tries` names, or the other one when this one failed three times in a row or
# is damaged, counts the try, and starts Skerry with the tree that the firmware passed.
#
# Memory, for boards from 1 GiB: this script 0x02400000, small files 0x02500000, the tree
# 0x02600000 with room to grow, skerry.bin 0x02800000, the system image from 0x0a000000 (the
# firmware's tree may lie at 0x08000000 or above the image; `load` refuses to overwrite it).

setenv card "${devtype} ${devnum}:${distro_bootpart}"
setenv stay 'for t in ${boot_targets}; do setenv bootcmd_${t} true; done; setenv boot_prefixes; setenv scan_dev_for_efi true'

# A slot: its image, and behind it what gzip would end with, whose first word is a CRC-32
setenv look 'load ${card} 0x02500400 ${slot}/system.crc && load ${card} 0x0a000000 ${slot}/system.itb'
setenv sums 'crc32 0x0a000000 ${filesize} 0x02500800 && itest.l *0x02500400 == *0x02500800'
setenv verify 'if run look; then if run sums; then true; else echo "Skerry: slot ${slot}: system.itb is damaged: its CRC-32 is not that of system.crc"; false; fi; else echo "Skerry: slot ${slot}: system.itb or system.crc is missing"; false; fi'
setenv other 'setenv tries 0; if test "${slot}" = a; then setenv slot b; else setenv slot a; fi; echo "Skerry: taking slot ${slot}"'

setenv slot
setenv tries
if load ${card} 0x02500000 tries 200; then
	env import -t 0x02500000 ${filesize} slot tries
fi
if test "${slot}" != a && test "${slot}" != b; then
	echo "Skerry: the file tries names no slot: taking slot a"
	setenv slot a
	setenv tries 0
fi
if test "${tries}" -ge 3; then
	echo "Skerry: slot ${slot} did not come up in three tries"
	run other
fi

setenv good yes
if run verify; then true; else
	run other
	if run verify; then true; else
		setenv good
	fi
fi

if test -n "${good}"; then
	setenv bytes ${filesize}
	if test "${tries}" = 2; then
		setenv tries 3
	elif test "${tries}" = 1; then
		setenv tries 2
	else
		setenv tries 1
	fi
	env export -t -s 200 0x02500000 slot tries
	if fatwrite ${card} 0x02500000 tries 200; then true; else
		echo "Skerry: the tries can't be counted: this card can't be written"
	fi
	echo "Skerry: slot ${slot}, try ${tries} of 3"
	if load ${card} 0x02800000 skerry.bin && fdt addr ${fdt_addr} && fdt move ${fdt_addr} 0x02600000 40000; then
		fdt resize 1000
		fdt chosen 0x0a000000 ${bytes}
		booti 0x02800000 - 0x02600000
	fi
	echo "Skerry: skerry.bin is missing or no image, or the firmware passed no tree"
else
	echo "Skerry: neither slot can be started: put a system.itb and its system.crc there"
fi
run stay
