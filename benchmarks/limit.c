/* The limit: an IFD handler that answers every command at once, with 16 bytes and 90 00.
 *
 * What pcscd, its socket and the client cost is all that is left. IFD handler 3.0, as pcsclite's ifdhandler.h has it. */
#include <ifdhandler.h>
#include <string.h>

static const UCHAR answer_to_reset[] = {0x3B, 0x02, 0x14, 0x50};
static const UCHAR response[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x90, 0x00};

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName) {
  (void)Lun;
  (void)DeviceName;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD Channel) {
  (void)Lun;
  (void)Channel;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHCloseChannel(DWORD Lun) {
  (void)Lun;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value) {
  (void)Lun;
  switch (Tag) {
  case TAG_IFD_ATR:
    if (*Length < sizeof answer_to_reset)
      return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(Value, answer_to_reset, sizeof answer_to_reset);
    *Length = sizeof answer_to_reset;
    return IFD_SUCCESS;
  case TAG_IFD_SLOTS_NUMBER:
  case TAG_IFD_SIMULTANEOUS_ACCESS:
    *Value = 1;
    *Length = 1;
    return IFD_SUCCESS;
  default:
    return IFD_ERROR_TAG;
  }
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value) {
  (void)Lun;
  (void)Tag;
  (void)Length;
  (void)Value;
  return IFD_ERROR_TAG;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2, UCHAR PTS3) {
  (void)Lun;
  (void)Protocol;
  (void)Flags;
  (void)PTS1;
  (void)PTS2;
  (void)PTS3;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength) {
  (void)Lun;
  if (Action == IFD_POWER_DOWN) {
    *AtrLength = 0;
    return IFD_SUCCESS;
  }
  memcpy(Atr, answer_to_reset, sizeof answer_to_reset);
  *AtrLength = sizeof answer_to_reset;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                               PDWORD RxLength, PSCARD_IO_HEADER RecvPci) {
  (void)Lun;
  (void)SendPci;
  (void)TxBuffer;
  (void)TxLength;
  (void)RecvPci;
  if (*RxLength < sizeof response)
    return IFD_ERROR_INSUFFICIENT_BUFFER;
  memcpy(RxBuffer, response, sizeof response);
  *RxLength = sizeof response;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD Code, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer, DWORD RxLength,
                         LPDWORD Returned) {
  (void)Lun;
  (void)Code;
  (void)TxBuffer;
  (void)TxLength;
  (void)RxBuffer;
  (void)RxLength;
  *Returned = 0;
  return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHICCPresence(DWORD Lun) {
  (void)Lun;
  return IFD_ICC_PRESENT;
}
