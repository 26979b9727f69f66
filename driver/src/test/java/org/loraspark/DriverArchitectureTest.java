package org.loraspark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds the rooms of the driver: config below cluster below cli, and nothing in the executors knows them. */
@AnalyzeClasses(packages = "org.loraspark", importOptions = DoNotIncludeTests.class)
class DriverArchitectureTest {
    @ArchTest
    static final ArchRule configUsesNeitherTheClusterNorTheCommandLine = noClasses()
            .that()
            .resideInAPackage("org.loraspark.config..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.loraspark.cluster..", "org.loraspark.cli..");

    @ArchTest
    static final ArchRule theClusterDoesNotUseTheCommandLine = noClasses()
            .that()
            .resideInAPackage("org.loraspark.cluster..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.loraspark.cli..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyTheDriverKnowsTheDriver = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "org.loraspark.config..",
                    "org.loraspark.cluster..",
                    "org.loraspark.cli..",
                    "org.loraspark.console..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.loraspark.config..",
                    "org.loraspark.cluster..",
                    "org.loraspark.cli..",
                    "org.loraspark.console..");
}
