# cmake --install build/release --prefix /usr: the program, its unit, and what people read, in the
# folders that it has here, so that its links lead somewhere. Nothing goes to /etc.
set(doc share/doc/kferry)
install(TARGETS kferry RUNTIME DESTINATION bin)
install(FILES README.md LICENSE DESTINATION ${doc})
install(DIRECTORY conf DESTINATION ${doc})
install(FILES deploy/RUNBOOK.md deploy/REFUSALS.md DESTINATION ${doc}/deploy)
install(FILES deploy/prometheus/kferry.rules.yml deploy/prometheus/prometheus.yml
  DESTINATION ${doc}/deploy/prometheus)
# The unit names the program where it is installed, which is known only then.
set(unit ${PROJECT_SOURCE_DIR}/deploy/systemd/kferry.service)
set(moved_unit ${PROJECT_BINARY_DIR}/installed/kferry.service)
install(CODE "
  file(READ \"${unit}\" text)
  string(REPLACE /usr/ \"\${CMAKE_INSTALL_PREFIX}/\" text \"\${text}\")
  file(WRITE \"${moved_unit}\" \"\${text}\")
")
install(FILES ${moved_unit} DESTINATION lib/systemd/system)
