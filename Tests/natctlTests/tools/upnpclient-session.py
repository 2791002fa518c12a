"""Finds the gateway, maps, reads, lists and unmaps by upnpclient; prints what it finds."""
import mappings
import upnpclient

key = {"NewRemoteHost": "", "NewExternalPort": 45000, "NewProtocol": "TCP"}
devices = upnpclient.discover(timeout=2)
print("found", [device.device_type.split(":")[3] for device in devices])
service = next(each for each in devices[0].services if "WANIPConn" in each.service_id)
print("events to", service._event_sub_url.rsplit("/", 2)[1:])
print("address", service.GetExternalIPAddress()["NewExternalIPAddress"])
service.AddPortMapping(
    **key, NewInternalPort=8080, NewInternalClient="192.168.77.10", NewEnabled="1",
    NewPortMappingDescription="laundry", NewLeaseDuration=600)
mappings.show()
entry = service.GetGenericPortMappingEntry(NewPortMappingIndex=0)
print("list", entry["NewExternalPort"], entry["NewProtocol"], entry["NewInternalClient"])
entry = service.GetSpecificPortMappingEntry(**key)
print("read", entry["NewInternalPort"], entry["NewEnabled"], entry["NewPortMappingDescription"])
service.DeletePortMapping(**key)
mappings.show()
try:
    service.GetSpecificPortMappingEntry(**key)
except upnpclient.soap.SOAPError as error:
    print("refused", *error.args)
